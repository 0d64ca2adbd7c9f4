import { randomUUID } from 'node:crypto';
import type { IdGenerator } from '../../application/ports/id-generator.js';

/** 122 random bits as 32 hexadecimal digits. */
export class UuidGenerator implements IdGenerator {
  next(): string {
    return randomUUID().replaceAll('-', '');
  }
}
