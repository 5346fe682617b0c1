"""Tables, upserts and queries; every function takes a connection and never commits."""
