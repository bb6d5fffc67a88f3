export type { ProjectedToken, Workload } from './azure/federated.ts'
export { type AzureOf, type Cloud, type CloudOptions, createCloud } from './cloud.ts'
export type { Patience } from './line.ts'
