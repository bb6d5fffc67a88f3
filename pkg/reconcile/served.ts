import { classOf, isDefault } from './store.ts'

/**
 * The class of who serves an object, as its status keeps it: null for the default class. Its stores tell it while they are there;
 * once they are gone two Latchkeys of two classes would both take it, and one of them cannot reach what the other pushed.
 */
export const servedBy = (controllerClass: string): { readonly controllerClass: string | null } => ({
  controllerClass: isDefault(controllerClass) ? null : controllerClass,
})

/** Whether this class served an object last. One that nobody served is the default class's, which is ESO's where we run beside it. */
export const isServedBy = (
  status: { readonly controllerClass?: string | null | undefined } | undefined,
  controllerClass: string,
): boolean => classOf(status?.controllerClass ?? undefined) === controllerClass

// ESO leaves none of these: they come with the first change, and are none by themselves
const own: readonly string[] = ['observedGeneration', 'controllerClass']

/** Whether a status that differs in this field is to be written for it. */
export const isNews = (field: string, have: { readonly observedGeneration?: unknown }): boolean =>
  have.observedGeneration !== undefined || !own.includes(field)
