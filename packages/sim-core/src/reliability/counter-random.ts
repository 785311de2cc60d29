/** Chris Wellons' triple32: a bijection of 32 bits whose outputs show no bias that tests find (nullprogram.com, 2018). */
function triple32(value: number): number {
  let x = value | 0;
  x ^= x >>> 17;
  x = Math.imul(x, 0xed5ad4bb);
  x ^= x >>> 11;
  x = Math.imul(x, 0xac4c1b51);
  x ^= x >>> 15;
  x = Math.imul(x, 0x31848bab);
  return x ^ (x >>> 14);
}

/** FNV-1a over the text, started at `basis`. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return triple32(hash);
}

/**
 * Random numbers by position: draw `index` of member `member` is a hash of (name, member, index), so that a hundred thousand
 * members need no generator each, and what one of them draws moves no other's. Uniform on [0, 1) with 53 bits.
 */
export class CounterRandom {
  readonly #first: number;
  readonly #second: number;

  /** @param name The stream's name, seed included: `1/trial 37/failures/gpu`. */
  constructor(name: string) {
    this.#first = hashText(name, 0x811c9dc5);
    this.#second = hashText(name, 0x2f0b4c47);
  }

  /** The upper 32 bits of a draw, unsigned: enough to tell most draws from a threshold. */
  upper(member: number, index: number): number {
    const ofMember = triple32(member + this.#first) ^ this.#second;
    return triple32(ofMember + Math.imul(index, 0x9e3779b1)) >>> 0;
  }

  uniform(member: number, index: number): number {
    const upper = this.upper(member, index);
    const lower = triple32(upper ^ triple32(this.#first + Math.imul(index + 1, 0x85ebca6b) + member)) >>> 11;
    return (upper + lower / 2 ** 21) / 2 ** 32;
  }
}
