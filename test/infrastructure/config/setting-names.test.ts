import { expect } from 'chai';
import { z } from 'zod';
import { settingNames } from '../../../src/infrastructure/config/setting-names.js';

describe('settingNames', () => {
  const object = z.object({ A: z.string(), B: z.string().transform(Number).prefault('1') });
  const schemas: [what: string, schema: z.core.$ZodType, names: string[]][] = [
    ['an object', object, ['A', 'B']],
    ['a refined one', object.refine(() => true), ['A', 'B']],
    ['a transformed one', object.transform(({ A }) => ({ c: A })), ['A', 'B']],
    ['two joined', z.intersection(object, z.object({ C: z.url() })), ['A', 'B', 'C']],
    ['one of two', z.union([object, z.object({ D: z.string().optional() })]), ['A', 'B', 'D']],
    ['nothing', z.object({}), []],
  ];
  for (const [what, schema, names] of schemas) {
    it(`reads the names of ${what}`, () => {
      expect([...settingNames(schema)].sort()).to.deep.equal(names);
    });
  }
});
