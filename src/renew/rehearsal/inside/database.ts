/**
 * What sqlite says is wrong with a database; null: nothing. It is the copy: reading it may put what is in its write-ahead log
 * into the database itself.
 */
export async function databaseProblem(path: string): Promise<string | null> {
  const { DatabaseSync } = await import('node:sqlite');
  try {
    const database = new DatabaseSync(path, { timeout: 5_000 });
    try {
      const [row] = database.prepare('PRAGMA quick_check(1)').all();
      const said = Object.values(row ?? {})[0];
      return said === 'ok' ? null : String(said);
    } finally {
      database.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
