//! Fuzz targets over everything that comes from outside.
#![forbid(unsafe_code)]
