import type { AskedCall, CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { MAX_REPLY_BYTES, ReplyTooLong } from '../../../../application/reply-draft.js';
import { toolNameFrom } from '../../../../domain/tool.js';
import { CallDraft } from './call-draft.js';
import { type CallPiece, callPieces } from './call-pieces.js';
import { KeptReasoning, providerDataOf } from './provider-data.js';

/** The calls of one answer, while they are read. */
export class CallDrafts {
  private readonly drafts: CallDraft[] = [];
  private last: CallDraft | undefined;
  private length = 0;
  private readonly reasoning = new KeptReasoning();

  /** `offered` are the names of the tools that the model may ask for. */
  constructor(
    private readonly offered: ReadonlySet<string>,
    private readonly model = '',
  ) {}

  get isEmpty(): boolean {
    return !this.drafts.some((draft) => draft.asksAnything);
  }

  /** What is new in a delta, or in a whole message. Throws ReplyTooLong. */
  read(said: unknown, isMessage: boolean): readonly CompletionPart[] {
    if (isMessage) this.reasoning.addMessage(said);
    else this.reasoning.add(said);
    const pieces = callPieces(said);
    if (pieces.length === 0) return NONE;
    const isList = isMessage || pieces.length > 1;
    const told = new Set<CallDraft>();
    return pieces.flatMap((piece, position) => {
      const draft = this.draftFor(piece, this.meantBy(piece, isList ? position : undefined), told);
      told.add(draft);
      return this.add(draft, piece) ? [this.pieceOf(draft)] : [];
    });
  }

  /** All of them, whole, in the model's order. */
  end(): readonly CompletionPart[] {
    const ids = new Set<string>();
    const asked = this.drafts.map((draft, index) => ({ draft, index, place: draft.place ?? index }));
    return asked
      .filter(({ draft }) => draft.asksAnything)
      .sort((one, other) => one.place - other.place)
      .map(({ draft, index }, place) => ({ ...wholeOf(draft, index, ids), ...this.keptWith(draft, place === 0) }));
  }

  private keptWith({ kept }: CallDraft, isFirst: boolean): Pick<AskedCall, 'providerData'> {
    const providerData = providerDataOf(this.model, kept, isFirst ? this.reasoning.fields : undefined);
    return providerData === undefined ? {} : { providerData };
  }

  /** In one list each name begins a call. */
  private draftFor(piece: CallPiece, meant: CallDraft | undefined, told: ReadonlySet<CallDraft>): CallDraft {
    if (meant === undefined || meant.isEndedBy(piece)) return this.begin();
    return told.has(meant) && piece.name !== '' ? this.begin() : meant;
  }

  private meantBy(piece: CallPiece, position: number | undefined): CallDraft | undefined {
    if (piece.index !== undefined) return this.numbered(piece.index, piece.id);
    if (position === undefined) return this.withId(piece.id) ?? this.last;
    const at = this.drafts[position];
    const isSure = piece.id === undefined || at?.id === undefined || at.id === piece.id;
    return isSure ? at : (this.withId(piece.id) ?? at);
  }

  private numbered(index: number, id: string | undefined): CallDraft | undefined {
    const numbered = this.drafts.filter(({ place }) => place === index);
    if (numbered.length > 0) return numbered.findLast((draft) => draft.id === id) ?? numbered.at(-1);
    const at = this.drafts[index];
    return at?.place === undefined ? at : undefined;
  }

  private withId(id: string | undefined): CallDraft | undefined {
    return id === undefined ? undefined : this.drafts.findLast((draft) => draft.id === id);
  }

  private begin(): CallDraft {
    if (this.drafts.length >= MOST_CALLS) throw new ReplyTooLong();
    const draft = new CallDraft(this.offered);
    this.drafts.push(draft);
    return draft;
  }

  private add(draft: CallDraft, piece: CallPiece): boolean {
    this.last = draft;
    const before = draft.length;
    const isNews = draft.add(piece);
    this.length += draft.length - before;
    if (this.length > MAX_REPLY_BYTES) throw new ReplyTooLong();
    return isNews;
  }

  private pieceOf(draft: CallDraft): CompletionPart {
    const { id, name } = draft;
    const index = this.drafts.indexOf(draft);
    return { type: 'call-arguments', index, callId: usable(id), toolName: toolNameFrom(name), text: draft.takeNews() };
  }
}

const NONE: readonly CompletionPart[] = [];
const MOST_CALLS = 128;
const LONGEST_ID = 4096;
/** The model is told that there is no such tool, and may ask again. */
const UNNAMED = 'unnamed';

function wholeOf({ id, name, argumentsText: text }: CallDraft, index: number, ids: Set<string>): AskedCall {
  const own = usable(id);
  const callId = own !== undefined && ids.has(own) ? undefined : own;
  if (callId !== undefined) ids.add(callId);
  const toolName = toolNameFrom(name) || UNNAMED;
  return { type: 'call', index, callId, toolName, argumentsText: text.trim() === '' ? '{}' : text };
}

/** What every store keeps and every client can show. */
function usable(id: string | undefined): string | undefined {
  return id !== undefined && id.length <= LONGEST_ID && id.isWellFormed() && !/\p{Cc}/u.test(id) ? id : undefined;
}
