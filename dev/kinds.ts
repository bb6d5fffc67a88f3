import { join, resolve } from 'node:path'
import type { ControlPlane } from './controlplane/index.ts'
import { kubectl, must } from './kubectl.ts'

const deploy = resolve(import.meta.dirname, '../deploy')

/**
 * The namespace of Latchkey and its kinds, as a cluster has them where Latchkey is installed. Before the controllers start: the garbage
 * collector looks for new kinds only each half minute.
 */
export const installKinds = async (plane: Pick<ControlPlane, 'kubectl' | 'kubeconfig'>): Promise<void> => {
  const run = kubectl(plane.kubectl, plane.kubeconfig)
  for (const file of ['namespace.yaml', 'crds']) {
    await must(run(['apply', '--server-side', '--force-conflicts', '-f', join(deploy, file)]))
  }
}
