;; a try that throws nothing moved out of the block that it delegates to (--simplify-locals)
(module
  (func (export "f") (result i32)
    (local i32 i32)
    (block $b
      (local.set 0 (try (result i32) (do (local.get 1)) (delegate $b)))
      (br_if $b (local.get 1)))
    (local.get 0)))
