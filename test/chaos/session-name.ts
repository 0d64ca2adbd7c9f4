/** A session as the trial names it: by its user and its id, for users may have sessions of the same id. */
export interface SessionName {
  /** Undefined for nobody. */
  readonly user: string | undefined;
  readonly id: string;
}

/** No id has a slash. */
export function sessionName({ user, id }: SessionName): string {
  return user === undefined ? id : `${user}/${id}`;
}

export function sessionNamed(name: string): SessionName {
  const [id = '', user] = name.split('/').reverse();
  return { user, id };
}

/** On whose behalf is asked, where it is on anybody's. */
export function userHeader(user: string | undefined): Readonly<Record<string, string>> {
  return user === undefined ? {} : { 'X-User-Id': user };
}
