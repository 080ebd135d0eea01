"""The outside, one folder per provider, all behind one small protocol."""
