export const CHAOS_KEY = 'key-of-the-trial';
