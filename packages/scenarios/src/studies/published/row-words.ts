import type { Precision } from '@regatta/sim-core';

/** Precision from a printed dtype, by its leading word (`amp_`, `mixed` and `pure` left off). Undefined when it cannot be read. */
export function precisionOf(dtype: string): Precision | undefined {
  const word = dtype
    .trim()
    .toLowerCase()
    .replace(/^(amp|mixed|pure|te|autocast|torch)[-_ .]+/, '');
  const [first = ''] = word.split(/[\s,(]/);
  if (/nvfp4|^fp4/.test(first)) return 'nvfp4';
  if (/mxfp8|^mx|^fp8-mx/.test(first)) return 'mxfp8';
  if (/fp8|float8|^e4m3|^e5m2/.test(first)) return 'fp8';
  if (/^(bf16|bfloat16|bfloat)/.test(first)) return 'bf16';
  if (/^(fp16|float16|half)/.test(first)) return 'fp16';
  if (/^(fp32|float32|tf32|single)/.test(first)) return 'fp32';
  return undefined;
}

type Recompute = 'none' | 'selective' | 'full';

/** Recomputation from its leading word; undefined when it was not stated, `unread` when the word is not known. */
export function recomputeOf(text: string): Recompute | 'unread' | undefined {
  const word = text.trim().toLowerCase();
  if (/^(full|all|uniform|block|true|yes|on)\b/.test(word)) return 'full';
  if (/^(selective|core.?attn|attention)/.test(word)) return 'selective';
  if (/^(none|no|off|false|disabled|without)\b/.test(word)) return 'none';
  return /^(not|unknown|unstated|default|\?)/.test(word) || word === '' ? undefined : 'unread';
}

export interface RowSchedule {
  readonly kind: '1f1b' | 'interleaved' | 'gpipe' | 'zb-h1' | 'zb-v' | 'dualpipe';
  /** Parameters are sharded: FSDP or ZeRO-3. */
  readonly sharded: boolean;
  /** The words were understood. */
  readonly read: boolean;
}

/** Pipeline schedule and sharding from a printed schedule such as `interleaved-1f1b (flexible), FSDP ZeRO-2`. */
export function scheduleOf(text: string): RowSchedule {
  const words = text.toLowerCase();
  const sharded = /fsdp|zero-?3|full_shard/.test(words) && !/zero-?2/.test(words);
  const kind = /interleav|looped|virtual/.test(words)
    ? 'interleaved'
    : /gpipe/.test(words)
      ? 'gpipe'
      : /zb-?v|zbv/.test(words)
        ? 'zb-v'
        : /zb-?h1|zero.?bubble|\bzb\b/.test(words)
          ? 'zb-h1'
          : /dual.?pipe/.test(words)
            ? 'dualpipe'
            : undefined;
  const read =
    kind !== undefined ||
    sharded ||
    /1f1b|none|^not|^no\b|fsdp|zero|ddp|data|pipedream/.test(words) ||
    words.trim() === '';
  return { kind: kind ?? '1f1b', sharded, read };
}

/** ZeRO stage from `optimizerSharding`; undefined when it was not stated, `unread` when the words are not known. */
export function shardingOf(value: boolean | string | null | undefined): 0 | 1 | 2 | 3 | 'unread' | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const words = value.toLowerCase();
  const stage = /(?:zero|stage)[-_ ]?([0-3])/.exec(words)?.[1] ?? /^([0-3])$/.exec(words.trim())?.[1];
  if (stage === '0' || stage === '1' || stage === '2' || stage === '3') return ([0, 1, 2, 3] as const)[Number(stage)];
  if (/fsdp|full_shard/.test(words)) return 3;
  if (/shard_grad_op/.test(words)) return 2;
  if (/dist|optim|shard/.test(words)) return 1;
  if (/^(none|no|ddp|replicated)/.test(words)) return 0;
  return /^(not|unknown)/.test(words) ? undefined : 'unread';
}

/** Numbers in a printed attention description such as `MLA q_lora 1536 kv_lora 512 qk_nope 128 qk_rope 64 v 128`. */
export function mlaOf(
  text: string,
): { qRank: number; kvRank: number; nopeDim: number; ropeDim: number; vDim: number } | undefined {
  if (!/^mla/i.test(text)) return undefined;
  const number = (key: RegExp, fallback: number): number => {
    const found = key.exec(text)?.[1];
    return found === undefined ? fallback : Number(found);
  };
  const nopeDim = number(/qk_nope\D*(\d+)/i, 128);
  return {
    qRank: number(/q_lora\D*(\d+)/i, 0),
    kvRank: number(/kv_lora\D*(\d+)/i, 512),
    nopeDim,
    ropeDim: number(/qk_rope\D*(\d+)/i, 64),
    vDim: number(/\bv(?:_head)?\s+(\d+)/i, nopeDim),
  };
}
