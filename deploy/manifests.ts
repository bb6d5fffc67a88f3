import { customResourceDefinitions } from '#api'
import type { Manifest } from './names.ts'
import { names } from './names.ts'
import { networkPolicy, service } from './network.ts'
import { finalizerRole, rbac, tokenRole } from './rbac.ts'
import { webhookConfigurations } from './webhooks.ts'
import { namespace, workload } from './workload.ts'

/** A file of deploy/, and the objects in it. */
export interface ManifestFile {
  readonly path: string
  readonly objects: readonly Manifest[]
}

const resources: readonly ManifestFile[] = [
  ...customResourceDefinitions().map(crd => ({ path: `crds/${crd.metadata.name}.yaml`, objects: [crd] })),
  { path: 'namespace.yaml', objects: [namespace] },
  { path: 'rbac.yaml', objects: rbac },
  { path: 'service.yaml', objects: [service] },
  { path: 'networkpolicy.yaml', objects: [networkPolicy] },
  { path: 'deployment.yaml', objects: workload },
  {
    path: 'webhook.yaml',
    objects: webhookConfigurations({ service: { namespace: names.namespace, name: names.service } }, undefined),
  },
]

const kustomization: Manifest = {
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources: resources.map(({ path }) => path),
}

/** Everything that `kubectl apply -k deploy` installs, in an order that also works file by file. */
export const manifestFiles: readonly ManifestFile[] = [
  ...resources,
  { path: 'kustomization.yaml', objects: [kustomization] },
]

/** What somebody applies who wants more than that. */
export const optionalFiles: readonly ManifestFile[] = [
  { path: 'tokens.yaml', objects: tokenRole },
  { path: 'eso-finalizers.yaml', objects: finalizerRole },
]
