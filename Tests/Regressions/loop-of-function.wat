;; remove-unused-brs moved the block of the function itself into the loop that was all of it (--remove-unused-brs)
(module
  (memory 1)
  (func $f (export "f") (param i32 i32)
    (loop $again
      (block $out
        (br_if $out (local.get 1))
        (i32.store (local.get 0) (i32.const 7))
        (br_if $again (local.tee 0 (i32.load offset=36 (local.get 0))))))))
