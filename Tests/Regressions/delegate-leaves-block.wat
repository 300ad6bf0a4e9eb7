;; a try that throws nothing moved out of the block that it delegates to (--simplify-locals)
(module
  (func (export "f")
    (local i32 i32)
    (drop
      (block $b (result (ref extern))
        (local.set 0
          (local.get 1)
          (drop (try (result i32) (do (unreachable)) (delegate $b))))
        (unreachable)))
    (drop (local.get 0))))
