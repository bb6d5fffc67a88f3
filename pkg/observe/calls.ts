import type { Metrics } from './metrics.ts'

// The label as ESO's dashboards know it, doubled letters included (compatibility.md §7).
const provider = 'AKEYLESSLESS/SecretsManager'

/** Counts and times each call to Akeyless; `call` is the name that ESO gives the operation, from a closed set. */
export const callRecorder =
  (metrics: Pick<Metrics, 'count' | 'observe'>) =>
  (call: { readonly call: string; readonly status: 'success' | 'error'; readonly tookMs: number }): void => {
    const { status } = call
    metrics.count('externalsecret_provider_api_calls_count', { provider, call: call.call, status })
    metrics.observe('latchkey_gateway_call_seconds', { call: call.call }, call.tookMs / 1000)
  }
