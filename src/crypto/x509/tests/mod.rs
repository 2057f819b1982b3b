//! Chains that others made and chains that are minted here, each of which breaks one rule.

mod minted;
mod vectors;
