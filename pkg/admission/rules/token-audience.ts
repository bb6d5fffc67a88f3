import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

/** Said of a ref at this path: a token without audiences is the API server's own, and whoever gets it can use it there (security.md T5). */
export const withoutAudiences = (path: string): Draft => ({
  path,
  message: 'names no audiences: the gateway gets a token that the API server takes too',
  remedy: 'write audiences, and bind the same ones in the auth method',
  level: 'warn',
})

export const tokenAudience: Rule<Store> = {
  id: 'token-audience',
  doc: 'A serviceAccountRef of kubernetesAuth names audiences: a token without them is good for the API server too, which is warned about.',
  warns: true,
  check: store => {
    const account = akeyless(store)?.authSecretRef.kubernetesAuth?.serviceAccountRef
    const names = (account?.audiences ?? []).length > 0
    return !account || names ? [] : [withoutAudiences(`${base}.authSecretRef.kubernetesAuth.serviceAccountRef`)]
  },
}
