import type { Fields } from '../../../../domain/fields.js';
import type { CallPiece } from './call-pieces.js';
import { JsonExtent } from './json-extent.js';

/** A call while it is read. */
export class CallDraft {
  /** The server's own, while it gives one. */
  place: number | undefined;
  id: string | undefined;
  name = '';
  text = '';
  /** What is to be given back with the call. */
  kept: Fields | undefined;
  private extent = new JsonExtent();
  private namePieces = '';
  /** All pieces, while one of them may have been a mere piece though it begins like all before it. */
  private joined: string | undefined;
  private untold = '';
  private hasTold = false;
  private keptLength = 0;
  private isTelling = true;

  constructor(private readonly offered: ReadonlySet<string>) {}

  /** Whether the piece said anything new. */
  add({ index, id, name, text, kept }: CallPiece): boolean {
    const { id: knownId, name: knownName, text: knownText } = this;
    this.place ??= index;
    this.id ??= id;
    if (kept !== undefined) this.keep(kept);
    // Once the arguments have begun, a name is one that is told again.
    if (name !== '' && (knownName === '' || knownText === '')) this.addName(name);
    if (text !== '') this.addText(text);
    return knownId !== this.id || knownName !== this.name || knownText !== this.text;
  }

  /** More than an id, which alone is no call. */
  get asksAnything(): boolean {
    return this.name !== '' || this.extent.hasBegun;
  }

  /** Of all that is kept. */
  get length(): number {
    return this.namePieces.length + this.text.length + this.keptLength;
  }

  /** When no more comes. A piece that begins like all before it is read as all so far, unless only the pieces together
   *  are JSON: `{"next":` and `{"next":{}}}`. */
  get argumentsText(): string {
    const isPieces = this.joined !== undefined && normal(this.text) === undefined && normal(this.joined) !== undefined;
    return (isPieces && this.joined) || this.text;
  }

  /** What is new of the arguments, for whoever follows them; empty until the name is known. An empty object is held
   *  back: some servers send one before the arguments. */
  takeNews(): string {
    if (this.name === '' || this.text === EMPTY) return '';
    const news = this.untold;
    this.untold = '';
    this.hasTold ||= news !== '';
    return news;
  }

  /** Whether a piece that was meant for this call begins one of its own. Some servers number no calls, give all the
   *  same number or id, or tell a call again when it is whole; only a call's beginning has its name, where it has it
   *  once. */
  isEndedBy(piece: CallPiece): boolean {
    if (piece.name === '') return false;
    const hasOtherId = this.hasOtherIdThan(piece);
    if (hasOtherId && piece.index === undefined) return true;
    if (this.name === '') return false;
    if (!this.extent.isWhole) return (hasOtherId && !this.extent.hasBegun) || this.isOtherTool(piece.name);
    return hasOtherId || piece.name !== this.name || this.isOtherUse(piece);
  }

  private hasOtherIdThan({ id }: CallPiece): boolean {
    return id !== undefined && this.id !== undefined && id !== this.id;
  }

  /** A name may come in pieces, but no piece of it is likely to be that of a tool. */
  private isOtherTool(name: string): boolean {
    return name !== this.name && this.offered.has(name) && this.offered.has(this.name);
  }

  /** Of the same tool, behind this whole one. */
  private isOtherUse({ index, id, text }: CallPiece): boolean {
    if (index !== undefined && id !== undefined && id === this.id) return false;
    return this.text !== EMPTY && beginsObject(text) && !isSameJson(text, this.text);
  }

  /** In pieces, told again, or all of it so far. */
  private addName(name: string): void {
    if (this.namePieces.length > LONGEST_NAME) return;
    this.namePieces += name;
    const told = [this.namePieces, name].find((each) => this.offered.has(each));
    this.name = told ?? (name.startsWith(this.name) ? name : this.name + name);
  }

  /** In pieces, told again, or all of it so far. */
  private addText(text: string): void {
    // Not of every piece: to look into a text that grows is to copy it.
    if (text.length >= this.text.length && text.startsWith(this.text)) this.continueWith(text);
    else if (!this.extent.isWhole || !beginsObject(text)) this.append(text);
    else if (!isSameJson(text, this.text)) this.beginAnew(text);
  }

  private continueWith(allSoFar: string): void {
    const joined = (this.joined ?? this.text) + allSoFar;
    const isFirst = this.text === '';
    this.append(allSoFar.slice(this.text.length));
    // Who tells all so far again and again sends no pieces.
    this.joined = isFirst || joined.length > 2 * this.text.length ? undefined : joined;
  }

  private keep(kept: Fields): void {
    this.kept = { ...this.kept, ...kept };
    this.keptLength = JSON.stringify(this.kept).length;
  }

  private append(text: string): void {
    this.text += text;
    if (this.joined !== undefined) this.joined += text;
    if (this.isTelling) this.untold += text;
    this.extent.read(text);
  }

  /** What was told cannot be taken back: then no more of it is told. */
  private beginAnew(text: string): void {
    this.text = '';
    this.joined = undefined;
    this.untold = '';
    this.extent = new JsonExtent();
    this.isTelling = !this.hasTold;
    this.append(text);
  }
}

const EMPTY = '{}';
/** Far above what any tool is called, also where it is told again and again. */
const LONGEST_NAME = 1000;

function beginsObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

function isSameJson(one: string, other: string): boolean {
  return one === other || (normal(one) ?? one) === normal(other);
}

function normal(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}
