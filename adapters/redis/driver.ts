// The types of the driver, which is optional. The declarations keep the next comment, so that a host without ioredis compiles.
/** @ts-ignore If ioredis is not installed, its types are `any`. */
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis'

export type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions }
