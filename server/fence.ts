import { Fault } from '#core'
import type { Deps } from '#reconcile'

type Fenced = Pick<Deps, 'secretWriter' | 'objects' | 'status' | 'finalizers' | 'children' | 'source' | 'remote'>

/**
 * The ports that change something, closed to a replica that does not lead: a lease alone is no fence, a process that slept
 * finds its next write refused here (security.md T31). A read of items counts, since it may issue a lease.
 */
export const fence = (ports: Fenced, leads: () => boolean): Fenced => {
  const { secretWriter, objects, status, finalizers, children, source, remote } = ports
  const led =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!leads()) throw new Fault('ClusterUnreachable', 'this replica no longer leads')
      return act(...args)
    }
  return {
    secretWriter: {
      read: secretWriter.read,
      create: led(secretWriter.create),
      replace: led(secretWriter.replace),
      remove: led(secretWriter.remove),
    },
    objects: objects && {
      client: {
        ...objects.client,
        create: led(objects.client.create),
        replace: led(objects.client.replace),
        remove: led(objects.client.remove),
      },
      watches: objects.watches,
    },
    status: { patch: led(status.patch) },
    finalizers: { add: led(finalizers.add), remove: led(finalizers.remove) },
    children: {
      read: children.read,
      create: led(children.create),
      replace: led(children.replace),
      remove: led(children.remove),
    },
    // a listing issues nothing
    source: { login: source.login, read: led(source.read), list: source.list },
    // neither does a look, nor the value of a static item
    remote: {
      look: remote.look,
      value: remote.value,
      create: led(remote.create),
      update: led(remote.update),
      remove: led(remote.remove),
    },
  }
}
