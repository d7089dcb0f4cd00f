//! Connect, gRPC and gRPC-Web for Holdover, over any HTTP service.
#![forbid(unsafe_code)]
