import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { Pool } from 'pg';
import { migrations } from './migrations.js';
import type { ServerAccess } from './server-access.js';
import { UnusableDatabase } from './store-errors.js';

const UPGRADE_MILLISECONDS = 60_000;
const TABLE = 'migrations';

/** Makes the tables, or changes them to what this version needs. Any number of processes may do so at once, because
 *  Kysely's migrator lets them in one after the other, under an advisory lock and in one transaction. */
export async function upgradeSchema(access: ServerAccess, schema: string): Promise<void> {
  const pool = new Pool({ ...access.settings, max: 2, query_timeout: UPGRADE_MILLISECONDS });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<KnownMigrations>({ dialect: new PostgresDialect({ pool }) });
  try {
    await checkEncoding(db);
    const provider = new SchemaMigrations(db, schema);
    const { error } = await new Migrator({
      db,
      provider,
      migrationTableSchema: schema,
      migrationTableName: TABLE,
      migrationLockTableName: 'migration_lock',
    }).migrateToLatest();
    if (error !== undefined) throw error;
  } finally {
    await db.destroy();
  }
}

interface KnownMigrations {
  readonly [TABLE]: { readonly name: string };
}

/** Other encodings cannot hold every text that clients send. */
async function checkEncoding(db: Kysely<KnownMigrations>): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8') throw new UnusableDatabase(`the database's encoding is ${encoding}, and must be UTF8`);
}

class SchemaMigrations implements MigrationProvider {
  constructor(
    private readonly db: Kysely<KnownMigrations>,
    private readonly schema: string,
  ) {}

  /** A migration of a newer version counts as known, because an old replica may have to start while replicas are
   *  replaced. */
  async getMigrations(): Promise<Record<string, Migration>> {
    const done = await this.db.withSchema(this.schema).selectFrom(TABLE).select('name').execute();
    const known = Object.entries(migrations).map(([name, { up }]) => [name, { up: this.within(up) }] as const);
    return { ...Object.fromEntries(done.map(({ name }) => [name, NOTHING])), ...Object.fromEntries(known) };
  }

  /** Lets a migration name its tables without their schema. */
  private within(up: Migration['up']): Migration['up'] {
    return async (db) => {
      await sql`set local search_path to ${sql.id(this.schema)}`.execute(db);
      await up(db);
    };
  }
}

const NOTHING: Migration = { up: async () => {} };
