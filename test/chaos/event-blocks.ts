/** Makes whole events of a stream's bytes, however they are cut. Comments are left out; `undefined` stands for bytes
 *  that are no UTF-8. */
export class EventBlocks {
  private unread = '';
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  take(bytes: Uint8Array): readonly (string | undefined)[] {
    const text = this.decoded(bytes);
    if (text === undefined) return [undefined];
    const blocks = (this.unread + text).split('\n\n');
    this.unread = blocks.pop() ?? '';
    return blocks.filter((block) => !block.startsWith(':'));
  }

  private decoded(bytes: Uint8Array): string | undefined {
    try {
      return this.decoder.decode(bytes, { stream: true });
    } catch {
      return undefined;
    }
  }
}
