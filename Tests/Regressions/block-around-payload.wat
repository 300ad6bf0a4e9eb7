;; a block was made around what takes the exception from the stack, for branches behind a test (--jump-threading)
(module
  (tag $t (param i32))
  (func (export "caught") (param $x i32) (result i32)
    (try (result i32)
      (do (i32.const 1))
      (catch $t
        (drop)
        (if (local.get $x) (then) (else))
        (if (local.get $x) (then (drop (i32.const 5))))
        (local.get $x))
      (catch_all (i32.const 2)))))
