export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is refused for what it is as a request, before any use case sees it. */
export class HttpProblem extends Error {
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    { errors, headers }: ProblemExtras = {},
  ) {
    super(message);
    this.errors = errors;
    this.headers = headers ?? {};
  }
}
