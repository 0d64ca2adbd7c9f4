import { type Draft, setHeader } from './draft.js';
import type { Wrong } from './wrongs.js';

/** What the server refuses while it reads the head of a request, before the application sees it. */
export const wrongHeads: Readonly<Record<string, Wrong>> = {
  'no Host': (draft) => setHeader(draft, 'Host', undefined),
  'two Hosts': (draft) => draft.headers.push(['Host', 'elsewhere']),
  'an odd Host': (draft, chance) =>
    setHeader(draft, 'Host', chance.oneOf(['', '\xff', 'a b', '[::1', '..', 'x'.repeat(3000)])),
  'an expectation': (draft, chance) =>
    setHeader(draft, 'Expect', chance.oneOf(['200-maybe', '', '100-continue', 'x, 100-continue'])),
  'huge headers': (draft, chance) =>
    draft.headers.push(['X-Huge', 'x'.repeat(chance.oneOf([16_500, 40_000, 200_000]))]),
  'too many headers': (draft) => {
    for (let index = 0; index < 3000; index += 1) draft.headers.push([`X-${index}`, '']);
  },
  'a huge target': (draft) => {
    draft.query = 'x'.repeat(20_000);
  },
  'control characters in a header': (draft, chance) =>
    draft.headers.push(['X-Odd', `a${chance.oneOf(['\0', '\x01', '\x7f', '\r', '\n', '\x1b'])}b`]),
  'an odd header name': (draft, chance) =>
    draft.headers.push([chance.oneOf(['', ' ', 'a b', 'X-\xff', 'X\0', '(x)', 'X-A ', ':']), 'x']),
  'an odd target': (draft, chance) =>
    changeTarget(
      draft,
      chance.oneOf(['a', '', ' /', '/a b', '/\0', '/\xff\xfe', '/health?\xff', '/\x7f', '/a\tb', '//[', '\\']),
    ),
  'an odd method': (draft, chance) => {
    draft.method = chance.oneOf(['get', 'GETS', '', 'G ET', 'PO\0ST', 'x'.repeat(3000), '<html>', 'CONNECT']);
  },
};

function changeTarget(draft: Draft, target: string): void {
  draft.path = target;
  draft.query = '';
}
