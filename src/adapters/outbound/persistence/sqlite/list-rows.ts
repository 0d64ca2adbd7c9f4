/** How many sessions a list looks at before other work has its turn. It stands in the texts of statements, because
 *  SQLite compiles a statement anew each time a limit is bound to it. */
export const LIST_ROWS = 1000;
