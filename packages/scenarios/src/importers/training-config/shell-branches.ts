import { both, either, matchesPattern, type Truth } from './shell-conditions.js';

/** One `if`, loop, `case` or group that is open: whether its current part runs, and whether an earlier part did. */
interface Branch {
  readonly kind: 'if' | 'loop' | 'case' | 'group';
  runs: Truth;
  earlier: Truth;
  /** What a `case` looks at; undefined when the text does not tell. */
  readonly subject?: string | undefined;
  /** Patterns of a `case` are being read. */
  inPatterns: boolean;
}

/** The conditions under which the command at hand runs. */
export class ShellBranches {
  readonly #open: Branch[] = [];

  /** Whether the command at hand runs, as far as the text tells. */
  get runs(): Truth {
    return this.#open.reduce<Truth>((all, { runs }) => both(all, runs), true);
  }

  open(kind: 'if' | 'loop' | 'group'): void {
    this.#open.push({ kind, runs: kind === 'loop' ? 'unknown' : true, earlier: false, inPatterns: false });
  }

  openCase(subject: string | undefined): void {
    this.#open.push({ kind: 'case', runs: false, earlier: false, subject, inPatterns: true });
  }

  close(): void {
    this.#open.pop();
  }

  /** `if` and `elif`: the condition's own commands are carried out. */
  condition(): void {
    const branch = this.#open.at(-1);
    if (branch) branch.runs = true;
  }

  /** `then`, with what the condition came to. */
  decide(truth: Truth): void {
    const branch = this.#open.at(-1);
    if (branch) this.#take(branch, truth);
  }

  /** `else`. */
  otherwise(): void {
    const branch = this.#open.at(-1);
    if (branch) this.#take(branch, true);
  }

  /** True when a pattern of a `case` is due. */
  get inPatterns(): boolean {
    return this.#open.at(-1)?.inPatterns === true;
  }

  /** `a | b)` of a `case`. */
  patterns(patterns: readonly string[]): void {
    const branch = this.#open.at(-1);
    if (!branch) return;
    const { subject } = branch;
    branch.inPatterns = false;
    if (patterns.includes('*')) this.#take(branch, true);
    else this.#take(branch, subject === undefined ? 'unknown' : patterns.some((one) => matchesPattern(subject, one)));
  }

  /** `;;` of a `case`. */
  endPattern(): void {
    const branch = this.#open.at(-1);
    if (branch?.kind === 'case') {
      branch.inPatterns = true;
      branch.runs = false;
    }
  }

  /** Lets a part run by its truth, unless an earlier one did. */
  #take(branch: Branch, truth: Truth): void {
    branch.runs = branch.earlier === true ? false : branch.earlier === 'unknown' && truth === true ? 'unknown' : truth;
    branch.earlier = either(branch.earlier, truth);
  }
}
