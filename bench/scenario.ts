/** What the upstream is to say, in words that a message can carry. */
export interface Scenario {
  readonly tokens: number;
  /** Milliseconds between two tokens, each a write of its own; 0: as many in a write as fit into 64 KiB. */
  readonly every: number;
  /** Each token is the time it was written at, to tell its age. */
  readonly dated?: boolean;
  /** Nothing comes behind the tokens, and the answer stays open. */
  readonly hangs?: boolean;
}

export function scenarioText(scenario: Scenario): string {
  return JSON.stringify(scenario);
}

/** From the content of the last message; what stands behind the first line is padding. */
export function scenarioOf(content: string): Scenario {
  return JSON.parse(content.split('\n', 1).join(''));
}

/** About as long as tokens are, and no two that follow each other alike. */
export function tokenAt(index: number): string {
  return `w${index % 1000} `;
}

/** All of them, joined. */
export function wholeText({ tokens }: Scenario): string {
  let text = '';
  for (let index = 0; index < tokens; index += 1) text += tokenAt(index);
  return text;
}
