import type { Tree } from '../../schema/paths.js';
import { dialectOf, isDeepspeed } from './megatron-dialect.js';
import { pythonList } from './python-list.js';
import { numberOf, type Settings } from './settings.js';

/** First MoE layer and the distance between MoE layers of a pattern of zeros and ones; undefined when it is not regular. */
function regular(pattern: readonly number[]): { firstDense: number; everyNth: number } | undefined {
  const first = pattern.indexOf(1);
  if (first < 0) return undefined;
  const second = pattern.indexOf(1, first + 1);
  const every = second < 0 ? pattern.length - first : second - first;
  const fits = pattern.every((value, layer) => (value === 1) === (layer >= first && (layer - first) % every === 0));
  return fits ? { firstDense: Math.max(0, first - every + 1), everyNth: every } : undefined;
}

/** Routed and shared experts (Megatron-LM: `--num-experts` and what belongs to it); undefined for a dense model. */
export function megatronExperts(
  settings: Settings,
  layers: number | undefined,
  ffn: number | undefined,
): Tree | undefined {
  const at = (name: string): string => `job.model.experts.${name}`;
  const count = settings.count('num-experts', at('count'));
  if (count === undefined || count === 1) return undefined;
  const deepspeed = isDeepspeed(settings);
  const usual = deepspeed ? 1 : 2;
  const topK = settings.count(['moe-router-topk', 'topk'], at('topK'));
  if (topK === undefined && !settings.has(['moe-router-topk', 'topk']))
    settings.assume(
      settings.spell(deepspeed && settings.style.tool !== 'GPT-NeoX' ? 'topk' : 'moe-router-topk'),
      `not given: ${usual}, ${deepspeed ? `the default of ${dialectOf(settings)}` : settings.byDefault}`,
      at('topK'),
    );
  const own = settings.count('moe-ffn-hidden-size', at('ffn'));
  if (own === undefined && !settings.has('moe-ffn-hidden-size'))
    settings.assume(
      settings.spell('moe-ffn-hidden-size'),
      `not given: ${ffn}, the same as ${settings.spell('ffn-hidden-size')}`,
      at('ffn'),
    );
  const shared = settings.count('moe-shared-expert-intermediate-size', at('sharedFfn'), 0) ?? 0;
  return {
    count,
    topK: topK ?? usual,
    ffn: own ?? ffn,
    shared: shared > 0 ? 1 : 0,
    ...(shared > 0 ? { sharedFfn: shared } : {}),
    ...frequency(settings, layers),
    routerBias: settings.flag('moe-router-enable-expert-bias', at('routerBias')) === true,
  };
}

function frequency(settings: Settings, layers: number | undefined): { firstDense: number; everyNth: number } {
  const interval = settings.count('expert-interval', 'job.model.experts.everyNth');
  if (interval === undefined && isDeepspeed(settings))
    settings.assume(
      settings.spell('expert-interval'),
      `not given: 2, the default of ${dialectOf(settings)}`,
      'job.model.experts.everyNth',
    );
  const every = { firstDense: 0, everyNth: interval ?? (isDeepspeed(settings) ? 2 : 1) };
  const setting = settings.find('moe-layer-freq');
  const text = settings.text('moe-layer-freq', 'job.model.experts.everyNth');
  if (setting === undefined || text === undefined) return every;
  const whole = numberOf(text);
  if (whole !== undefined && Number.isInteger(whole) && whole > 0) return { firstDense: 0, everyNth: whole };
  const pattern = Array.isArray(setting.value)
    ? setting.value.flatMap((item) => numberOf(item) ?? [])
    : pythonList(text);
  const expected = `a whole number, or a list of ${layers ?? 'as many'} zeros and ones with MoE layers at equal distance`;
  const found = pattern && (layers === undefined || pattern.length === layers) ? regular(pattern) : undefined;
  if (!found) settings.issue(setting, `is ${text}`, expected, 'job.model.experts');
  return found ?? every;
}
