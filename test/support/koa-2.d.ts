// The Koa before ours, which brings no types of its own: what the tests use of it is the same.
declare module 'koa-2' {
  export { default } from 'koa'
}
