// The ledger compiles against Asio's separate compilation; this test program has no other unit that holds it.
#include <boost/asio/impl/src.hpp>
