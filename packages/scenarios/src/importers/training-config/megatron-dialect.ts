import type { Settings } from './settings.js';

/** Arguments of Megatron-DeepSpeed or GPT-NeoX, whose defaults differ: no flash attention unless asked for, one expert a token, every second layer. */
export const isDeepspeed = (settings: Settings): boolean =>
  settings.style.tool === 'GPT-NeoX' || settings.has(['deepspeed', 'deepspeed-config', 'moe-expert-parallel-size']);

/** Its name, for messages. */
export const dialectOf = (settings: Settings): string =>
  settings.style.tool === 'GPT-NeoX' ? 'GPT-NeoX' : 'Megatron-DeepSpeed';
