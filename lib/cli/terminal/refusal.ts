/** Why a command cannot do what it was told to, in words for whoever runs it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
