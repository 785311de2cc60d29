import { shellArithmetic } from './shell-arithmetic.js';
import { ShellLexer, type ShellPart, type ShellWord } from './shell-lexer.js';
import { type Place, placeOf } from './types.js';

/** A stretch of expanded text that knows where it stood. */
export interface Piece extends Place {
  readonly text: string;
  readonly unset?: string;
}

/** A variable: its elements (one for a plain variable), each a list of pieces. */
export interface ShellVariable {
  /** File that sets it, where it is another than the one that is read. */
  readonly file?: string;
  readonly elements: readonly (readonly Piece[])[];
  /** Name of the condition under which it was set, when that was not decided. */
  readonly conditional: boolean;
  readonly line: number;
}

export const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('');

const words = (pieces: readonly Piece[]): Piece[][] => {
  const found: Piece[][] = [[]];
  for (const piece of pieces) {
    const runs = piece.text.match(/\s+|\S+/g) ?? [''];
    for (const run of runs) {
      if (/^\s+$/.test(run)) found.push([]);
      else found.at(-1)?.push({ ...piece, text: run });
    }
  }
  return found.filter((word) => word.length > 0);
};

/** The variables of a script, as far as its own text tells. */
export class ShellVariables {
  readonly #known = new Map<string, ShellVariable>();
  /** Variables that were set under an undecided condition and then used. */
  readonly doubtful = new Map<string, number>();
  /** The script's own arguments were used. */
  ownArguments: Place | undefined;

  get(name: string): ShellVariable | undefined {
    const variable = this.#known.get(name);
    if (variable?.conditional) this.doubtful.set(name, variable.line);
    return variable;
  }

  /** All that is known at the end of the script. */
  entries(): [string, ShellVariable][] {
    return [...this.#known];
  }

  set(
    name: string,
    elements: readonly (readonly Piece[])[],
    line: number,
    conditional: boolean,
    append: boolean,
  ): void {
    const old = append ? (this.#known.get(name)?.elements ?? []) : [];
    this.#known.set(name, { elements: [...old, ...elements], line, conditional });
  }

  /** `NAME+=text`: text after text. */
  extend(name: string, pieces: readonly Piece[], line: number, conditional: boolean): void {
    const old = this.#known.get(name)?.elements[0] ?? [];
    this.set(name, [[...old, ...pieces]], line, conditional, false);
  }

  unset(name: string): void {
    this.#known.delete(name);
  }

  /** Expands a word to the words that a shell would see. */
  expand(word: ShellWord): Piece[][] {
    const found: Piece[][] = [];
    let open: Piece[] | undefined;
    for (const part of word.parts) {
      const elements = this.#elements(part);
      const split = part.kind !== 'text' && !part.quoted;
      const fields = split ? elements.flatMap(words) : elements;
      for (const [i, field] of fields.entries()) {
        if (i === 0 && open) open.push(...field);
        else {
          open = [...field];
          found.push(open);
        }
      }
      if (split && /\s$/.test(textOf(elements.at(-1) ?? []))) open = undefined;
    }
    return found;
  }

  /** The whole text of a word without splitting, as in an assignment. */
  pieces(word: ShellWord): Piece[] {
    return word.parts.flatMap((part) => {
      const elements = this.#elements(part);
      return elements.flatMap((element, i) => (i === 0 ? element : [{ text: ' ', ...placeOf(part) }, ...element]));
    });
  }

  /** A here-document's text with the variables that are known put in. */
  substitute(text: string): string {
    return text.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, bare?: string) => {
      const variable = this.get(braced ?? bare ?? '');
      return variable ? textOf(variable.elements[0] ?? []) : whole;
    });
  }

  #elements(part: ShellPart): readonly (readonly Piece[])[] {
    const at = placeOf(part);
    if (part.kind === 'text') return [[{ text: part.text, ...at }]];
    if (part.kind === 'arithmetic') {
      const value = shellArithmetic(part.source, (name) => {
        const variable = this.get(name);
        return variable ? textOf(variable.elements[0] ?? []) : undefined;
      });
      return [
        [
          value === undefined
            ? { text: `$((${part.source}))`, ...at, unset: part.source }
            : { text: String(value), ...at },
        ],
      ];
    }
    if (part.kind === 'command') return [[{ text: `$(${part.source})`, ...at, unset: `$(${part.source})` }]];
    return this.#variable(part.source, part);
  }

  #variable(source: string, place: Place): readonly (readonly Piece[])[] {
    if (source === '@' || source === '*') {
      this.ownArguments = place;
      return [];
    }
    const [, name = source, index, rest = ''] = /^([A-Za-z_]\w*|\d+)(?:\[([^\]]*)\])?(.*)$/s.exec(source) ?? [];
    const unknown: Piece[][] = [[{ text: `$${source}`, ...placeOf(place), unset: name }]];
    const variable = this.get(name);
    const [, operator = '', other = ''] = /^(:?[-=+?])(.*)$/s.exec(rest) ?? [];
    if (rest !== '' && operator === '') return unknown;
    const empty =
      variable === undefined || (operator.startsWith(':') && variable.elements.every((e) => textOf(e) === ''));
    if (operator.endsWith('+')) return empty ? [[]] : this.#text(other, place);
    if (empty && (operator.endsWith('-') || operator.endsWith('='))) {
      const value = this.#text(other, place);
      if (operator.endsWith('=')) this.set(name, value, place.line, false, false);
      return value;
    }
    if (variable === undefined) return unknown;
    if (index === '@' || index === '*') return variable.elements;
    if (index === undefined) return [variable.elements[0] ?? []];
    const at = shellArithmetic(index, (other) => textOf(this.get(other)?.elements[0] ?? []));
    return at === undefined ? unknown : [variable.elements[at] ?? []];
  }

  /** Default text inside `${V:-…}`. */
  #text(source: string, place: Place): Piece[][] {
    const word = new ShellLexer(`"${source.replaceAll('"', '')}"`).commands()[0]?.words[0];
    return word ? [this.pieces(word).map((piece) => ({ ...piece, ...placeOf(place) }))] : [[]];
  }
}
