import {
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';

/**
 * Kysely for PostgreSQL. Columns of text compare by their bytes, as SQLite's do: ids sort by time, and bounds such as `id < id~` hold,
 * whatever the collation of the database.
 */
class CompilerByBytes extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    this.append(node.dataType === 'text' ? 'text collate "C"' : node.dataType);
  }
}

/** A dialect that only compiles: what is compiled is run by the store itself. */
export class PostgresCompileDialect implements Dialect {
  createDriver(): Driver {
    const nothing = async () => {};
    return {
      init: nothing,
      acquireConnection: async (): Promise<DatabaseConnection> => {
        throw new Error('This Kysely only compiles: run its queries with the store.');
      },
      beginTransaction: nothing,
      commitTransaction: nothing,
      rollbackTransaction: nothing,
      releaseConnection: nothing,
      destroy: nothing,
    };
  }
  createQueryCompiler() {
    return new CompilerByBytes();
  }
  createAdapter() {
    return new PostgresAdapter();
  }
  createIntrospector(db: Kysely<unknown>) {
    return new PostgresIntrospector(db);
  }
}
