/**
 * An answer that is not 2xx: `{"error": text}`. The words are ours; NotFound, UnauthorizedAccess and AlreadyExists are the
 * ones that clients look for. akeyless.md §1.1
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text)
    this.status = status
    this.headers = headers
  }
}

const account = (accessId: string): string => `account id: acc-dev, access id: ${accessId}`

export const badRequest = (text: string): Refusal => new Refusal(400, text)

export const unauthenticated = (reason: string): Refusal =>
  new Refusal(401, `failed to verify credentials: Status 401 Unauthorized, Error: Unauthenticated. Message: ${reason}`)

export const loginRefused = (): Refusal =>
  new Refusal(401, 'failed to get credentials: Desc: the access id or its proof is wrong')

/** What the gateway itself has been given does not work; nobody's login has failed. */
export const misconfigured = (text: string): Refusal => new Refusal(500, `gateway configuration: ${text}`)

export const blocked = (accessId: string): Refusal =>
  new Refusal(401, `failed to get credentials: Desc: ${accessId} is blocked after too many failed logins`)

export const denied = (accessId: string): Refusal =>
  new Refusal(
    401,
    `request refused: Status 401 Unauthorized, Error: UnauthorizedAccess. Message: ${account(accessId)}. no permission`,
  )

export const absent = (accessId: string, path: string): Refusal =>
  new Refusal(404, `no such item: Status 404 Not Found, Error: NotFound. Message: ${account(accessId)}. ${path}`)

export const versionAbsent = (path: string, version: number): Refusal =>
  new Refusal(404, `no such version: Status 404 Not Found, Error: NotFound. Message: ${path} has no version ${version}`)

export const exists = (path: string): Refusal =>
  new Refusal(409, `cannot create: Status 409 Conflict, Error: AlreadyExists. Message: ${path}`)

export const versionMoved = (path: string, last: number): Refusal =>
  new Refusal(409, `cannot update: Status 409 Conflict, Error: VersionMismatch. Message: ${path} is at version ${last}`)

export const deleteProtected = (path: string): Refusal =>
  new Refusal(403, `cannot delete: Status 403 Forbidden, Error: DeleteProtected. Message: ${path}`)

export const disabled = (status: 403 | 404, path: string): Refusal =>
  new Refusal(status, `item is disabled: Status ${status}, Error: ItemDisabled. Message: ${path}`)

export const wrongType = (path: string, type: string): Refusal =>
  badRequest(
    `operation does not fit the item: Status 400 Bad Request, Error: InvalidItemType. Message: ${path} is ${type}`,
  )

export const tooFast = (waitSeconds: number): Refusal =>
  new Refusal(429, `too many requests, the next will be released in ${waitSeconds}s`, {
    'retry-after': String(waitSeconds),
  })
