if(NOETL_NATS_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(NOETL_NATS_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan) # Boost.Asio has a fence
  add_link_options(-fsanitize=thread)
elseif(NOETL_NATS_SANITIZE)
  message(FATAL_ERROR "NOETL_NATS_SANITIZE is '${NOETL_NATS_SANITIZE}'; use address, thread, or leave it empty")
endif()
