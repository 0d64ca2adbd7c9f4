/** An event of a response, but for its number. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type Emit = (event: ResponseEvent) => void;
