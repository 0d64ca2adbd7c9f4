/** Is told what happens to runs and their readers that no other port sees. Returns at once and never throws. */
export interface RunObserver {
  /** A reader came to a run after its start, or came back: `events` were there already, and it is given them now. */
  readerResumed(events: number): void;

  /** A run was taken up whose writer was gone: it is answered again, or else ended as it stands. */
  runTakenOver(answeredAgain: boolean): void;

  /** A run that was written here is another process's, or was ended by one. */
  runLost(): void;
}
