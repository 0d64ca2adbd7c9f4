import { wholeNumberSetting } from '../../whole-number-setting.js';

/** In milliseconds, name resolution and TLS included. */
export const connectTimeoutSetting = wholeNumberSetting(1, 600_000, 5000);
