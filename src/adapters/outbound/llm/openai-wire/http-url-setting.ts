import { z } from 'zod';

/** Where an upstream listens, without a slash at the end, so that paths can be put behind it. */
export function httpUrlSetting(example: string) {
  return z
    .string()
    .trim()
    .refine(isPlainHttpUrl, `must be an http:// or https:// URL without user, query and fragment, such as ${example}`)
    .transform((url) => url.replace(/\/+$/, ''))
    .default(example);
}

function isPlainHttpUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  // A user in the URL would take the place of the key.
  const { username, password } = new URL(text);
  return username === '' && password === '' && !/[?#\s@]/.test(text);
}
