/** ESO's, on PushSecrets that delete what they pushed (compatibility.md §5). */
export const pushFinalizer = 'pushsecret.externalsecrets.io/finalizer'
