interface Entry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** One sentence, with the unit. */
  readonly help: string
  /** Upper bounds of a histogram, in the unit of the metric. */
  readonly buckets?: readonly number[]
}

const object = ['name', 'namespace'] as const
const condition = ['name', 'namespace', 'condition', 'status'] as const
// An admission review is CPU work of under a millisecond; the API server gives up after 5 s.
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
// A gateway call crosses a network: 5 ms to the deadline of 15 s.
const callSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] as const

const conditionHelp = 'The status condition of an object: 1 where it has this status, else 0.'
const durationHelp = 'How long the last reconcile of an object took, in nanoseconds.'

/**
 * Every metric, once. Names and labels without the prefix latchkey_ are ESO's (compatibility.md §7), so that its
 * dashboards go on working; never an item path or another open set of values in a label.
 */
export const catalogue = {
  externalsecret_sync_calls_total: { type: 'counter', labels: object, help: 'Syncs of an ExternalSecret.' },
  externalsecret_sync_calls_error: { type: 'counter', labels: object, help: 'Syncs of an ExternalSecret that failed.' },
  externalsecret_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  externalsecret_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  externalsecret_provider_api_calls_count: {
    type: 'counter',
    labels: ['provider', 'call', 'status'],
    help: 'Calls to Akeyless by operation and outcome (success or error).',
  },
  secretstore_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  secretstore_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  clustersecretstore_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  clustersecretstore_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  pushsecret_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  pushsecret_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  clusterexternalsecret_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  clusterexternalsecret_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  clusterpushsecret_status_condition: { type: 'gauge', labels: condition, help: conditionHelp },
  clusterpushsecret_reconcile_duration: { type: 'gauge', labels: object, help: durationHelp },
  latchkey_admission_reviews_total: {
    type: 'counter',
    labels: ['webhook', 'kind', 'result'],
    help: 'Admission reviews answered: allowed, denied, failed (a defect) or unreadable (not answered as a review).',
  },
  latchkey_admission_seconds: {
    type: 'histogram',
    labels: ['webhook'],
    help: 'Time from the whole body of an admission review to its answer, in seconds.',
    buckets: seconds,
  },
  latchkey_gateway_call_seconds: {
    type: 'histogram',
    labels: ['call'],
    help: 'Time of a call to Akeyless, in seconds.',
    buckets: callSeconds,
  },
  latchkey_faults_total: {
    type: 'counter',
    labels: ['kind', 'code'],
    help: 'Failed reconciles by fault code (docs/reference/faults.md).',
  },
  latchkey_watch_restarts_total: {
    type: 'counter',
    labels: ['resource', 'reason'],
    help: 'Watches that ended and were taken up again, by reason.',
  },
  latchkey_watch_missed_events_total: {
    type: 'counter',
    labels: ['resource'],
    help: 'Objects that a full list showed to differ from what the watch had told. Should stay 0.',
  },
  latchkey_queue_depth: { type: 'gauge', labels: ['lane'], help: 'Objects that wait for a reconcile, by lane.' },
  latchkey_queue_oldest_wait_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long the object that is first in line has waited, in seconds. Grows where the queue is stuck.',
  },
  latchkey_queue_longest_run_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long the slowest reconcile of this moment has run, in seconds.',
  },
  latchkey_events_dropped_total: {
    type: 'counter',
    labels: [],
    help: 'Kubernetes Events that could not be written.',
  },
  latchkey_leader: { type: 'gauge', labels: [], help: '1 in the replica that reconciles, else 0.' },
  latchkey_certificate_not_after_seconds: {
    type: 'gauge',
    labels: ['certificate'],
    help: 'When the webhook CA or serving certificate ends, in seconds since the epoch.',
  },
} as const satisfies Record<string, Entry>

export type Catalogue = typeof catalogue
export type MetricName = keyof Catalogue
export type NameOf<T extends Entry['type']> = {
  [N in MetricName]: Catalogue[N]['type'] extends T ? N : never
}[MetricName]
export type LabelsOf<N extends MetricName> = Readonly<Record<Catalogue[N]['labels'][number], string>>

/** docs/reference/metrics.md. */
export const metricsPage = (): string => {
  const entries: readonly (readonly [string, Entry])[] = Object.entries(catalogue)
  const rows = entries.map(
    ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} |`,
  )
  return ['# Metrics', '', '| metric | type | labels | meaning |', '|---|---|---|---|', ...rows, ''].join('\n')
}
