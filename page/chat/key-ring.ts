/** The key that everybody can read in the documentation. The service tells the page only whether this one opens it. */
const DOCUMENTED_KEY = 'change-me-internal-key';
const PLACE = 'agent-runtime.key';

/** Where the page has its key: it is asked for once in a tab, and never kept beyond it. */
export class KeyRing {
  private constructor(private readonly documented: string | undefined) {}

  static async open(): Promise<KeyRing> {
    const response = await fetch('settings.json');
    const settings: { readonly default_key: boolean } = await response.json();
    return new KeyRing(settings.default_key ? DOCUMENTED_KEY : undefined);
  }

  /** Undefined until it was asked for; a gateway may add one that the page does not know. */
  get key(): string | undefined {
    return sessionStorage.getItem(PLACE) ?? this.documented;
  }

  keep(key: string): void {
    sessionStorage.setItem(PLACE, key);
  }
}
