/** ESO's, on PushSecrets that delete what they pushed (compatibility.md §5). */
export const pushFinalizer = 'pushsecret.externalsecrets.io/finalizer'

/** Our own: `true` lets a push overwrite items that no PushSecret made. */
export const adoptAnnotation = 'latchkey.dev/adopt-remote'
