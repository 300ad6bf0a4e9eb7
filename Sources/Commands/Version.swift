/// What `pare --version` prints.
package let version = "pare 0.1.0"
