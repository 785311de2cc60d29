import type { Settings } from './settings.js';

/** Arguments of Megatron-DeepSpeed, whose defaults differ: no flash attention unless asked for, one expert a token, every second layer. */
export const isDeepspeed = (settings: Settings): boolean =>
  settings.has(['deepspeed', 'deepspeed-config', 'moe-expert-parallel-size']);
