;; a trap was moved past a try with catch_all although a delegate in it leads past that, so it throws (--licm)
(module
  (tag $t)
  (memory 1)
  (func $f (param i32)
    (local i32)
    (loop $again
      (if (local.get 0)
        (then
          (block $past
            (try
              (do
                (try
                  (do (throw $t))
                  (delegate $past)))
              (catch_all)))))
      (local.set 1 (i32.load (local.get 0)))
      (br_if $again (local.get 1))))
  (func (export "run") (result i32)
    (try (do (call $f (i32.const -1))) (catch_all))
    (i32.const 1)))
