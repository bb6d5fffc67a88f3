import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { catalogue, type LabelsOf, type MetricName, type NameOf } from './catalogue.ts'

export interface Metrics {
  count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void
  set<N extends NameOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void
  observe<N extends NameOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void
  /** Takes one series away: its object is gone. */
  drop<N extends MetricName>(name: N, labels: LabelsOf<N>): void
  /** The Prometheus text format. */
  text(): Promise<string>
  readonly contentType: string
}

type Instrument = Counter | Gauge | Histogram

const make = (name: MetricName, registry: Registry): Instrument => {
  const entry = catalogue[name]
  const shape = { name, help: entry.help, labelNames: [...entry.labels], registers: [registry] }
  switch (entry.type) {
    case 'counter':
      return new Counter(shape)
    case 'gauge':
      return new Gauge(shape)
    case 'histogram':
      return new Histogram({ ...shape, buckets: [...entry.buckets] })
  }
}

const wrongType = (name: string): never => {
  throw new Error(`${name} is of another type in the catalogue`)
}

/** Everything in the catalogue; with `runtime`, also what prom-client tells of the process and the event loop. */
export const createMetrics = (deps: { runtime: boolean }): Metrics => {
  const registry = new Registry()
  if (deps.runtime) collectDefaultMetrics({ register: registry })
  const names = Object.keys(catalogue) as MetricName[] // keys of a constant table
  const instruments = new Map<MetricName, Instrument>(names.map(name => [name, make(name, registry)]))
  return {
    count(name, labels, by = 1) {
      const counter = instruments.get(name)
      if (counter instanceof Counter) counter.inc(labels, by)
      else wrongType(name)
    },
    set(name, labels, value) {
      const gauge = instruments.get(name)
      if (gauge instanceof Gauge) gauge.set(labels, value)
      else wrongType(name)
    },
    observe(name, labels, value) {
      const histogram = instruments.get(name)
      if (histogram instanceof Histogram) histogram.observe(labels, value)
      else wrongType(name)
    },
    drop: (name, labels) => instruments.get(name)?.remove(labels),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
