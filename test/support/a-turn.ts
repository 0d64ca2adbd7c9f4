/** Whether the event loop has gone round since. */
export function aTurn(): { readonly isOver: boolean } {
  const turn = { isOver: false };
  setImmediate(() => {
    turn.isOver = true;
  });
  return turn;
}
